/** Origin of a password that waits to be hashed. Decides its turn in the queue. */
export interface HashOrigin {
  /** The sender's network. */
  network: string;
  /** The account, or the typed name. */
  person: string;
}

/**
 * Maximum number of waiting jobs: of one person within one network, of one network, and in total.
 */
export interface QueueBounds {
  person: number;
  network: number;
  all: number;
}

/**
 * Queue of work by network, and by person within each network. Networks take turns, and so do the
 * people of each: a burst at one account, or from one address, delays others by one turn each.
 */
export class PasswordQueue<Item> {
  /** The next turn is the first network's, and in it the first person's. */
  readonly #networks = new Map<string, Map<string, Item[]>>();

  constructor(private readonly bounds: QueueBounds) {}

  get size(): number {
    let size = 0;
    for (const network of this.#networks.keys()) size += this.#sizeOf(network);
    return size;
  }

  /**
   * Returns false, without queueing the item, if too much is waiting. In a full queue the largest
   * network makes room: its newest item is removed from the queue and returned.
   */
  push({ network, person }: HashOrigin, item: Item): boolean | Item {
    const { bounds } = this;
    const people = this.#networks.get(network) ?? new Map<string, Item[]>();
    const ownItems = people.get(person) ?? [];
    const inNetwork = this.#sizeOf(network);
    if (ownItems.length >= bounds.person || inNetwork >= bounds.network) return false;
    const evicted = this.size >= bounds.all ? this.#evictFor(inNetwork) : true;
    if (evicted === false) return false;
    ownItems.push(item);
    people.set(person, ownItems);
    this.#networks.set(network, people);
    return evicted;
  }

  shift(): Item | undefined {
    for (const [network, people] of this.#networks) {
      this.#networks.delete(network);
      const item = takeTurn(people);
      if (people.size > 0) this.#networks.set(network, people);
      return item;
    }
  }

  /** Empties the queue and returns its items. */
  drain(): Item[] {
    const items: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item);
    return items;
  }

  #sizeOf(network: string): number {
    let size = 0;
    for (const items of this.#networks.get(network)?.values() ?? []) size += items.length;
    return size;
  }

  /**
   * Removes and returns the newest item of the largest network, if that network has more items
   * waiting than a network of `size` would have after its next item.
   */
  #evictFor(size: number): Item | false {
    const networks = [...this.#networks.keys()];
    const largest = networks.reduce((a, b) => this.#sizeOf(b) > this.#sizeOf(a) ? b : a);
    if (this.#sizeOf(largest) <= size + 1) return false;
    const people = this.#networks.get(largest)!;
    const [person, items] = [...people].reduce((a, b) => b[1].length >= a[1].length ? b : a);
    const item = items.pop()!;
    if (items.length === 0) people.delete(person);
    return item;
  }
}

function takeTurn<Item>(people: Map<string, Item[]>): Item | undefined {
  for (const [person, items] of people) {
    people.delete(person);
    const item = items.shift();
    if (items.length > 0) people.set(person, items);
    return item;
  }
}
