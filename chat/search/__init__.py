"""Full-text search: what is indexed of a message, what is asked, what is found."""
