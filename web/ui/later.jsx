/**
 * Parts of the page that are loaded when they are first wanted.
 *
 * @import {ComponentType} from "preact"
 */

import { signal } from "@preact/signals";

import { t } from "../i18n/index.js";
import { notify } from "./notice.js";

/**
 * A component that shows nothing until its module came; a later wish tries again after a failure.
 *
 * @template P
 * @param {() => Promise<ComponentType<P>>} load
 * @returns {(props: P) => import("preact").VNode | null}
 */
export function later(load) {
  const loaded = signal(/** @type {ComponentType<P> | null} */ (null));
  /** @type {Promise<void> | null} */
  let coming = null;
  const begin = async () => {
    try {
      loaded.value = await load();
    } catch {
      notify(t("The server cannot be reached."));
    } finally {
      coming = null;
    }
  };
  return function Later(props) {
    const Part = loaded.value;
    if (Part === null) {
      coming ??= begin();
      return null;
    }
    // @ts-expect-error -- P is whatever the part takes; JSX cannot say so.
    return <Part {...props} />;
  };
}
