/** As in icon.svg, without a request. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 3C8.300 3 2 8.200 2 14.700c0 3.600 2 6.900 5.200 9l-1.400 4.700c-.2.6.5 1.100 1 .8l5.600-3.200c1.200.2 2.400.4 3.600.4 7.700 0 14-5.200 14-11.700S23.700 3 16 3z" />
      <circle cx="10" cy="14.700" r="2" />
      <circle cx="16" cy="14.700" r="2" />
      <circle cx="22" cy="14.700" r="2" />
    </svg>
  );
}
