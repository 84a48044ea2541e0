/** A button that shows a small panel beside it; the browser closes it on Esc and on a click elsewhere. */

import { useId, useRef, useState } from "preact/hooks";

const GAP_PX = 6;

/**
 * @param {{
 *   label: string, class: string, panelLabel?: string, side: "below" | "above",
 *   button: import("preact").ComponentChildren, children: (close: () => void) => import("preact").ComponentChildren,
 * }} props
 */
export function Popover({ label, class: className, panelLabel = label, side, button, children }) {
  const id = useId();
  const anchor = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const panel = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [isOpen, setOpen] = useState(false);
  const toggled = (/** @type {{newState: string}} */ event) => {
    setOpen(event.newState === "open");
    if (event.newState === "open" && anchor.current && panel.current)
      place(anchor.current, panel.current, side);
  };
  return (
    <>
      <button
        ref={anchor}
        type="button"
        class={className}
        aria-label={label}
        title={label}
        aria-expanded={isOpen}
        aria-controls={id}
        popovertarget={id}
      >
        {button}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        class="popover"
        role="group"
        aria-label={panelLabel}
        onToggle={toggled}
      >
        {isOpen && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}

/** @param {HTMLElement} anchor @param {HTMLElement} panel @param {"below" | "above"} side */
function place(anchor, panel, side) {
  queueMicrotask(() =>
    requestAnimationFrame(() => {
      const at = anchor.getBoundingClientRect();
      const width = panel.offsetWidth;
      const left = Math.max(8, Math.min(at.left, innerWidth - width - 8));
      const top = side === "below" ? at.bottom + GAP_PX : at.top - GAP_PX - panel.offsetHeight;
      Object.assign(panel.style, { left: `${left}px`, top: `${Math.max(8, top)}px` });
    }),
  );
}
