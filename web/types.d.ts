// The words of the wire and of the page, as the browser sees them. Fields and units: docs/PROTOCOL.md.

export type Status = "online" | "away" | "busy" | "offline" | "unknown";

/** What the reader says of himself; online: his tabs decide. */
export type Claimed = "online" | "away" | "busy" | "invisible";

export interface Claim {
  status: Claimed;
  text: string | null;
  emoji: string | null;
  until_ms: number | null;
  version: number;
}

export interface User {
  id: string;
  username: string;
  display_name: string;
}

export type Role = "owner" | "moderator" | "member" | "read_only";

/** What every member of a room may know of it. */
export interface RoomFacts {
  id: string;
  name: string;
  visibility: "public" | "private";
  topic: string;
  description: string;
  is_archived: boolean;
  slow_mode_s: number;
  keep_days: number;
  first_seq: number;
}

/** people: the others in a direct room, which has no name of its own. */
export interface Room extends RoomFacts {
  kind: "room" | "direct";
  last_seq: number;
  last_at_ms: number | null;
  is_member: boolean;
  role: Role | null;
  read_seq: number | null;
  member_count: number;
  rev: number;
  read_version?: number;
  unread: number;
  mentions: number;
  favourite: boolean;
  position: number | null;
  place_version: number;
  is_group?: boolean;
  people?: User[];
  muted_until_ms?: number;
  /** The newest event of the room itself, and of the reader's role and mute, since rev. */
  facts_heard?: ServerEvents["room:changed"];
  own_heard?: ServerEvents["member:changed"];
}

export interface RoomPlace {
  room_id: string;
  favourite: boolean;
  position: number | null;
  place_version: number;
}

export interface RoomMember {
  user_id: string;
  username: string;
  display_name: string;
  role: Role;
  joined_at_ms: number;
  muted_until_ms?: number;
}

/** A link into a room; url is told once, when it is made. */
export interface Invite {
  id: string;
  by: User;
  at_ms: number;
  until_ms: number | null;
  uses: number;
  uses_max: number | null;
  url?: string;
}

/** until_ms: null when it holds until it is lifted. */
export interface Ban {
  user: User;
  by: User;
  reason: string;
  at_ms: number;
  until_ms: number | null;
  scope: "room" | "everywhere";
}

/** What was done in a room; user: to whom, if to anybody. */
export interface AuditEntry {
  id: string;
  at_ms: number;
  by: User;
  act: string;
  user: User | null;
  facts: { reason?: string; until_ms?: number | null; role?: [Role, Role] };
}

export interface Reaction {
  emoji: string;
  user_ids: string[];
}

/** Plain text of a message; hit: it is what was searched for. */
export interface SnippetPart {
  text: string;
  hit?: boolean;
}

export interface SearchHit {
  message: Message;
  snippet: SnippetPart[];
}

/** What a root shows of its thread. */
export interface ThreadSummary {
  replies: number;
  last_at_ms: number;
  user_ids: string[];
}

export interface SavedMessage {
  message: Message;
  saved_at_ms: number;
}

/** A member lets others know that he has read up to there. */
export interface Receipt {
  room_id: string;
  user_id: string;
  seq: number;
}

/** As the server has it; an empty body: there is none. */
export interface ServerDraft {
  room_id: string;
  thread_id?: string;
  body: string;
  version: number;
}

/** Whom a message means. */
export interface Mentions {
  users: string[];
  here?: boolean;
  room?: boolean;
}

export interface Message {
  id: string;
  room_id: string;
  seq: number;
  client_id: string;
  author_id: string;
  author?: User;
  body: string;
  html?: string;
  at_ms: number;
  rev: number;
  body_rev: number;
  reply_to?: string;
  thread_id?: string;
  thread?: ThreadSummary;
  mentions?: Mentions;
  reactions?: Reaction[];
  pinned_at_ms?: number;
  pinned_by?: string;
  edited_at_ms?: number | null;
  deleted?: boolean;
}

export interface Person {
  user_id: string;
  username: string;
  display_name: string;
  status: Status;
  text: string | null;
  emoji: string | null;
  last_seen_at_ms: number | null;
  /** Rooms shared with the reader that the person has in front. */
  here: readonly string[];
}

/** All that is shown of one person from now on; text, emoji and here left out mean none. */
export interface Change {
  user_id: string;
  status: Status;
  text?: string | null;
  emoji?: string | null;
  username?: string;
  display_name?: string;
  last_seen_at_ms?: number | null;
  here?: readonly string[];
}

export interface Diff {
  epoch: string;
  rev: number;
  changes: Change[];
}

export interface Synced {
  epoch: string;
  rev: number;
  people: Change[];
  reset?: boolean;
  rooms?: Record<string, RoomMembers>;
}

/** All members of a room as of its rev; none: the reader is no member. */
export interface RoomMembers {
  rev: number;
  user_ids: string[];
}

export interface ErrorBody {
  code: string;
  message: string;
  temporary: boolean;
  field?: string;
  retry_after_s?: number;
}

export interface Limits {
  name_max: number;
  topic_max: number;
  body_max: number;
  username_max: number;
  status_text_max: number;
  /** No room keeps messages for longer; 0: no bound. */
  retention_days: number;
}

/** What the shell page hands over, so that the first paint needs no request. */
/** How late one kind of transition was told. */
export interface AdminLag {
  kind: string;
  bound_ms: number;
  count: number;
  p50_ms: number;
  p99_ms: number;
  max_ms: number;
  violations: number;
}

/** One worker as it describes itself. */
export interface AdminWorker {
  id: string;
  host: string;
  pid: number;
  version: string;
  up_s: number;
  at_ms: number;
  epoch: string;
  rev: number;
  untold: number;
  known: boolean;
  hears_events: boolean;
  held: boolean;
  draining: boolean;
  connections: number;
  leases: number;
  here: number;
  ended: { event: number; sweep: number; close: number };
  stall_ms: number;
  renew_ms: number;
  lags: AdminLag[];
  probe: { last: string; right: number; wrong: number };
}

export interface AdminTransition {
  rev: number;
  user_id: string;
  username: string | null;
  display_name: string | null;
  before: Status | null;
  after: Status;
  cause: string;
  at_ms: number;
  lag_ms: number;
}

export interface AdminPresence {
  at_ms: number;
  answered_by: string;
  shared: boolean;
  verdict: "right" | "untested" | "late" | "unknown" | "wrong";
  workers: AdminWorker[];
  transitions: AdminTransition[];
}

export interface Boot {
  user: User;
  is_admin: boolean;
  page?: "admin";
  csrf_token: string;
  locale: string;
  version: string;
  limits: Limits;
  /** words: those of the later parts; "" where the sources have them. */
  urls: { sign_in: string; words: string };
}

export interface Pending {
  client_id: string;
  room_id: string;
  body: string;
  at_ms: number;
  thread_id?: string;
  state: "waiting" | "sending" | "sent" | "failed";
  /** It is among what all tabs of this browser keep. */
  is_kept?: boolean;
  seq?: number;
  error?: ErrorBody;
}

export interface Ready {
  user: User;
  connection_id: string;
  epoch: string;
  rev: number;
  heads: Record<string, number>;
  revs: Record<string, number>;
  ping_ms: number;
  grace_ms: number;
  lease_ms: number;
  presence_known: boolean;
  own: Claim;
}

/** What the socket tells, by event name; docs/PROTOCOL.md. */
export interface ServerEvents {
  "session:ready": Ready;
  "message:new": Message;
  "message:changed": Message;
  "presence:diff": Diff;
  "presence:own": Claim;
  "presence:unknown": object;
  "presence:resync": { epoch: string };
  "room:heads": {
    epoch: string;
    rev: number;
    heads: Record<string, number>;
    revs: Record<string, number>;
  };
  "room:joined": { room: Room };
  "room:changed": { room_id: string; rev: number; room: RoomFacts };
  "rooms:placed": { places: RoomPlace[] };
  "member:changed": { room_id: string; rev: number; member: RoomMember };
  "mute:ended": { room_id: string; user_id: string };
  "room:left": { room_id: string };
  "room:read": RoomRead;
  "draft:changed": ServerDraft;
  "receipt:read": Receipt;
  "saved:changed": { message_id: string; on: boolean };
  "typing:now": TypingNow;
  "member:joined": {
    room_id: string;
    rev: number;
    member: Change;
    presence: { epoch: string; rev: number };
  };
  "member:left": { room_id: string; rev: number; user_id: string };
}

/** A thread that the reader follows. */
export interface FollowedThread {
  room_id: string;
  thread_id: string;
  last_seq: number;
  read_seq: number;
  unread: number;
  mentions: number;
}

export interface RoomRead {
  room_id: string;
  seq: number;
  thread_id?: string;
  unread: number;
  /** Up to where that was counted: the newest message, and the newest change of one. */
  last_seq: number;
  rev: number;
  mentions: number;
  version: number;
}

export interface TypingNow {
  room_id: string;
  user_id: string;
  typing: boolean;
  thread_id?: string;
}

export type Listeners = { [Name in keyof ServerEvents]: (payload: ServerEvents[Name]) => void };

/** How the line to the server is; `since_ms` when it became so. */
export interface Line {
  state: "connecting" | "live" | "lost" | "draining" | "ended";
  since_ms: number;
  /** Since when nothing can be heard; null while the socket is up. */
  down_since_ms: number | null;
  retry_at_ms: number | null;
  code: string | null;
}

export interface Tail {
  messages: Message[];
  changed?: Message[];
  reset: boolean;
  rev: number;
  room?: Room;
  first_seq?: number;
}

export interface Since {
  rooms: Record<string, Tail>;
}
