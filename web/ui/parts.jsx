/**
 * Everything that the first paint does without; it is loaded beside it (main.jsx).
 *
 * One file for all: each further one would make the build cut what it shares with the page into
 * more pieces, which cost the first load more than they save (4 of 56 KiB with five files).
 */

import "./spoilers.js";

export { moveRoom, stepRoom } from "../live/order.js";
export { readAll } from "../live/readAll.js";
export { Barred } from "./Barred.jsx";
export { EditBox } from "./EditBox.jsx";
export { MessageActions } from "./MessageActions.jsx";
export { MessageDialogs } from "./MessageDialogs.jsx";
export { OwnMenu } from "./OwnMenu.jsx";
export { toRegion } from "./regions.js";
export { RoomActions } from "./RoomActions.jsx";
export { RoomDialogs } from "./RoomDialogs.jsx";
export { SearchPane } from "./SearchPane.jsx";
export { SeenBy } from "./SeenBy.jsx";
export { RoomThreads, ThreadNews } from "./ThreadNews.jsx";
export { ThreadPane } from "./ThreadPane.jsx";
export { List, proposalsFor } from "./Completion.jsx";
