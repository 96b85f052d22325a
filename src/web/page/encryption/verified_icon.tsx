/**
 * A shield with a tick. Decoration: the word stands beside it, or is the label of what it is in.
 */
export function VerifiedIcon() {
  return (
    <svg class="icon verified-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M12 3l7 3v5c0 4.500-3 8-7 10-4-2-7-5.500-7-10V6zM8.500 12l2.500 2.500 4.500-5" />
    </svg>
  );
}
