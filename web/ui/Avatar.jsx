/** A person's initials on a colour that stays theirs. */

const HUES = 10;
const CJK = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u;

/** @param {{id: string, name: string, size?: "tiny" | "small" | "large"}} props */
export function Avatar({ id, name, size = "large" }) {
  return (
    <span class={`avatar avatar-${size} hue-${hueOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

/** One sign for names without spaces between words, else the first letters of first and last word. */
export function initialsOf(/** @type {string} */ name) {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  if (CJK.test(first) || words.length < 2) return first.toLocaleUpperCase();
  return (first + ([...(words.at(-1) ?? "")][0] ?? "")).toLocaleUpperCase();
}

/** The same for the same id, on every device. */
export function hueOf(/** @type {string} */ id) {
  let sum = 7;
  for (const sign of id) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
