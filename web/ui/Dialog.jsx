/** A native dialog: modal while it is in the tree, focus inside, Esc and a click beside it close. */

import { useEffect, useId, useRef } from "preact/hooks";

import { t } from "../i18n/index.js";
import { Icon } from "./Icon.jsx";

/**
 * @param {{title: string, onClose: () => void, children: import("preact").ComponentChildren}} props
 */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      onClose={onClose}
      onPointerDown={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button
            type="button"
            class="icon-button"
            onClick={() => dialog.current?.close()}
            aria-label={t("Close")}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
