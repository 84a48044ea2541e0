/** A button that shows a small panel beside it; the browser closes it on Esc and on a click elsewhere. */

import { useEffect, useId, useRef, useState } from "preact/hooks";

const GAP_PX = 6;
const EDGE_PX = 8;

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
  const toggled = (/** @type {{newState: string}} */ event) => setOpen(event.newState === "open");
  useEffect(() => {
    if (!isOpen || !anchor.current || !panel.current) return undefined;
    // What the panel shows may come later, or grow.
    const grown = new ResizeObserver(() => {
      if (anchor.current && panel.current) place(anchor.current, panel.current, side);
    });
    grown.observe(panel.current);
    return () => grown.disconnect();
  }, [isOpen]);
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

/**
 * The panel stands beside its button, wholly inside the page: on the other side where there is no
 * room on the wanted one.
 *
 * @param {HTMLElement} anchor @param {HTMLElement} panel @param {"below" | "above"} side
 */
export function place(anchor, panel, side) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = at.bottom + GAP_PX;
  const above = at.top - GAP_PX - height;
  const fits = { below: below + height <= innerHeight - EDGE_PX, above: above >= EDGE_PX };
  const isBelow = side === "below" ? fits.below || !fits.above : !fits.above && fits.below;
  const left = Math.min(at.left, innerWidth - width - EDGE_PX);
  const top = Math.min(isBelow ? below : above, innerHeight - height - EDGE_PX);
  Object.assign(panel.style, {
    left: `${Math.max(EDGE_PX, left)}px`,
    top: `${Math.max(EDGE_PX, top)}px`,
  });
}
