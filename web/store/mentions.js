/**
 * Whom a message means.
 *
 * Rule of the file: pure; nobody is meant by what he wrote himself. Source: docs/PROTOCOL.md, Mentions.
 *
 * @import {Message} from "../types"
 */

/** Whether the message means that user. @param {Message} message @param {string} userId */
export function means({ author_id: authorId, deleted, mentions }, userId) {
  if (mentions === undefined || deleted || authorId === userId) return false;
  return Boolean(mentions.here || mentions.room || mentions.users.includes(userId));
}
