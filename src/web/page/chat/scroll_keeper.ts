import { signal } from "@preact/signals";

/** Pixels from an end within which more is fetched, or the end counts as reached. */
const NEAR_PX = 600;
const END_PX = 40;

/**
 * Keeps what a person looks at where it is while rows come and go above and below it: at the end it
 * stays at the end; elsewhere the first row in view keeps its place. The browser's own anchoring
 * loses it when the anchor's neighbours are replaced, and Safari has none.
 */
export class ScrollKeeper {
  /** Whether the newest message is in view. */
  readonly isAtEnd = signal(true);
  #scroller: HTMLElement | null = null;
  #anchor: { key: string; top: number } | null = null;
  /** Scroll position when the anchor was taken. */
  #scrollTop = 0;
  #sticks = true;
  /** Id of a message to begin at, below its line. */
  #beginning: string | null = null;
  /** Id of a message to show in the middle. */
  #wanted: string | null = null;
  /** Whether the last row in the document is the last one that there is. */
  #hasEnd = true;

  /** Returns a function that stops watching. */
  attach(scroller: HTMLElement, onLook: () => void): () => void {
    this.#scroller = scroller;
    const onScroll = () => {
      this.#remember();
      onLook();
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    // A phone's keyboard makes the place smaller, and pictures make rows higher.
    const observer = new ResizeObserver(() => this.#place());
    observer.observe(scroller);
    observer.observe(scroller.querySelector("ol")!);
    return () => {
      scroller.removeEventListener("scroll", onScroll);
      observer.disconnect();
      this.#scroller = null;
    };
  }

  get isNearTop(): boolean {
    return this.#scroller !== null && this.#scroller.scrollTop < NEAR_PX;
  }

  get isNearBottom(): boolean {
    return this.#fromEnd < NEAR_PX;
  }

  stickToBottom(): void {
    this.#sticks = true;
    this.#wanted = this.#beginning = null;
    this.#place();
  }

  beginAt(id: string): void {
    this.#beginning = id;
    this.#sticks = false;
  }

  lookFor(id: string): void {
    this.#wanted = id;
    this.#sticks = false;
    this.#place();
  }

  /**
   * To be called when rows have changed; `hasEnd` if the last one in the document is the last one.
   */
  restore(hasEnd: boolean): void {
    this.#hasEnd = hasEnd;
    this.#place();
  }

  /**
   * Seq of the last message whose end is in view; 0 if there is none, or the place to begin at is
   * not reached.
   */
  lastVisibleSeq(): number {
    const scroller = this.#scroller;
    const isMoving = this.#beginning !== null || this.#wanted !== null;
    if (!scroller || scroller.clientHeight === 0 || isMoving) return 0;
    const bottom = scroller.getBoundingClientRect().bottom;
    const rows = this.#rows();
    for (let at = rows.length - 1; at >= 0; at--) {
      const seq = Number(rows[at].dataset.seq);
      if (seq > 0 && rows[at].getBoundingClientRect().bottom <= bottom + END_PX) return seq;
    }
    return 0;
  }

  #place(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    if (this.#wanted !== null) this.#show(this.#wanted);
    else if (this.#beginning !== null) this.#begin(this.#beginning);
    else if (this.#sticks) scroller.scrollTop = scroller.scrollHeight;
    else this.#holdAnchor();
    this.#remember();
  }

  #show(id: string): void {
    const row = this.#row(id);
    if (!row) return;
    this.#wanted = null;
    row.scrollIntoView({ block: "center" });
    row.classList.add("found");
    setTimeout(() => row.classList.remove("found"), 2_000);
    row.querySelector<HTMLElement>(".bubble")?.focus({ preventScroll: true });
  }

  #begin(id: string): void {
    const row = this.#row(id);
    if (!row) return;
    this.#beginning = null;
    // The line above the message, too, and a little of what came before.
    this.#scroller!.scrollTop = row.offsetTop - this.#scroller!.clientHeight / 3;
  }

  #holdAnchor(): void {
    const row = this.#anchor && this.#rowByKey(this.#anchor.key);
    if (!row) return;
    const top = this.#anchor!.top - this.#unseenScroll();
    this.#scroller!.scrollTop += topOf(row, this.#scroller!) - top;
  }

  /**
   * Pixels scrolled since the anchor was taken, whose event is still to come: placing rows must not
   * take them back. A position that the browser has cut off, because rows went, is none.
   */
  #unseenScroll(): number {
    const { scrollTop } = this.#scroller!;
    const isCutOff = scrollTop < this.#scrollTop && this.#fromEnd <= 1;
    return isCutOff ? 0 : scrollTop - this.#scrollTop;
  }

  #remember(): void {
    const scroller = this.#scroller;
    // Nothing is to be learnt of a place that is not shown.
    if (!scroller || scroller.clientHeight === 0 || this.#beginning !== null) return;
    this.#sticks = this.#hasEnd && this.#fromEnd < END_PX;
    this.isAtEnd.value = this.#sticks;
    const row = this.#rows().find((each) => topOf(each, scroller) + each.offsetHeight > 0);
    this.#anchor = row ? { key: row.dataset.key!, top: topOf(row, scroller) } : null;
    this.#scrollTop = scroller.scrollTop;
  }

  get #fromEnd(): number {
    const scroller = this.#scroller;
    if (!scroller) return 0;
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  }

  #rows(): HTMLElement[] {
    return [...this.#scroller!.querySelectorAll<HTMLElement>("li[data-key]")];
  }

  #row(id: string): HTMLElement | null {
    return this.#scroller!.querySelector(`li[data-id="${CSS.escape(id)}"]`);
  }

  #rowByKey(key: string): HTMLElement | null {
    return this.#scroller!.querySelector(`li[data-key="${CSS.escape(key)}"]`);
  }
}

function topOf(row: HTMLElement, scroller: HTMLElement): number {
  return row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
}
