// Socket.IO with the Redis adapter, as socket.io's documentation shows it: node server.mjs
// PORT REDIS_URL [DATABASE]. With a database each post is stored before it is acked, as Rollcall's
// is: the author's place in the room is checked, the room's next seq taken, the message inserted.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisUrl, database] = process.argv.slice(2);
const store = database ? await openStore(database) : null;
const publisher = createClient({ url: redisUrl });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  pingInterval: 10_000,
  pingTimeout: 8_000,
});

io.on("connection", (socket) => {
  const { user, rooms } = socket.handshake.auth;
  for (const room of rooms) socket.join(room);
  store?.enter(user, rooms);
  socket.on("post", ({ room, client_id, body }, ack) => {
    const stored = store ? store.post(room, user, client_id, body) : {};
    ack(stored);
    io.to(room).emit("message", { room, client_id, body, author: user, ...stored });
  });
});

http.listen(Number(port), "127.0.0.1", 2048, () => console.log("ready"));

async function openStore(path) {
  const { DatabaseSync } = await import("node:sqlite");
  const sql = new DatabaseSync(path);
  sql.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000");
  sql.exec(`
    CREATE TABLE IF NOT EXISTS rooms (id TEXT PRIMARY KEY, last_seq INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS members (room TEXT, user TEXT, PRIMARY KEY (room, user));
    CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY, room TEXT NOT NULL, seq INTEGER NOT NULL, author TEXT NOT NULL,
      client_id TEXT NOT NULL, body TEXT NOT NULL, at_ms INTEGER NOT NULL,
      UNIQUE (room, seq), UNIQUE (room, author, client_id))`);
  const addRoom = sql.prepare("INSERT OR IGNORE INTO rooms VALUES (?, 0)");
  const addMember = sql.prepare("INSERT OR IGNORE INTO members VALUES (?, ?)");
  const isMember = sql.prepare("SELECT 1 FROM members WHERE room = ? AND user = ?");
  const next = sql.prepare("UPDATE rooms SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq");
  const insert = sql.prepare(
    "INSERT INTO messages (room, seq, author, client_id, body, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
  );
  return {
    enter(user, rooms) {
      for (const room of rooms) {
        addRoom.run(room);
        addMember.run(room, user);
      }
    },
    post(room, user, clientId, body) {
      sql.exec("BEGIN IMMEDIATE");
      try {
        if (!isMember.get(room, user)) throw new Error("not a member");
        const seq = next.get(room).last_seq;
        const at_ms = Date.now();
        const { lastInsertRowid } = insert.run(room, seq, user, clientId, body, at_ms);
        sql.exec("COMMIT");
        return { id: String(lastInsertRowid), seq, at_ms };
      } catch (error) {
        sql.exec("ROLLBACK");
        throw error;
      }
    },
  };
}
