"""The five walks of docs/WALKS.md, each walked on two worker processes."""
