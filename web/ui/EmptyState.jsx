/** A place with nothing in it: one sentence, one action. */

import { Icon } from "./Icon.jsx";

/**
 * @param {{text: string, title?: string, icon?: string, action?: string, onAction?: () => void}} props
 */
export function EmptyState({ text, title, icon, action, onAction }) {
  return (
    <div class="empty">
      {icon && (
        <span class="empty-icon">
          <Icon name={icon} size={26} />
        </span>
      )}
      {title && <h2>{title}</h2>}
      <p>{text}</p>
      {action && (
        <button type="button" class="button" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
