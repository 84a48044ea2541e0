// The words of the wire and of the page, as the browser sees them. Fields and units: docs/PROTOCOL.md.

declare module "*.css";

export type Status = "online" | "away" | "busy" | "offline" | "unknown";

export interface User {
  id: string;
  username: string;
  display_name: string;
}

export interface Room {
  id: string;
  name: string;
  visibility: "public" | "private";
  topic: string;
  last_seq: number;
  is_member: boolean;
  role: "owner" | "member" | null;
  read_seq: number;
  member_count: number;
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
  edited_at_ms?: number | null;
  deleted?: boolean;
}

export interface Person {
  user_id: string;
  username: string;
  display_name: string;
  status: Status;
  last_seen_at_ms: number | null;
}

export interface Change {
  user_id: string;
  status: Status;
  username?: string;
  display_name?: string;
  last_seen_at_ms?: number | null;
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
}

/** What the shell page hands over, so that the first paint needs no request. */
export interface Boot {
  user: User;
  csrf_token: string;
  locale: string;
  version: string;
  limits: Limits;
  urls: { sign_in: string; sign_out: string };
}

export interface Pending {
  client_id: string;
  room_id: string;
  body: string;
  at_ms: number;
  state: "waiting" | "sending" | "sent" | "failed";
  tries: number;
  seq?: number;
  error?: ErrorBody;
}

export interface Ready {
  user: User;
  connection_id: string;
  epoch: string;
  rev: number;
  heads: Record<string, number>;
  ping_ms: number;
  grace_ms: number;
  lease_ms: number;
}

export interface Since {
  rooms: Record<string, { messages: Message[]; reset: boolean }>;
}
