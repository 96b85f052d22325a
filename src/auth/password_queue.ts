/** Where a password that waits to be hashed comes from: whose turn it takes. */
export interface HashOrigin {
  /** The network of whoever sent it. */
  network: string;
  /** The account, or the name that was typed. */
  person: string;
}

/** Waiting at most: of one person from one network, from one network, and in all. */
export interface QueueBounds {
  person: number;
  network: number;
  all: number;
}

/**
 * Work that waits, by network and by person within it. Networks take turns, and so do the people of each:
 * a burst at one account, or from one address, delays others by one turn each.
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
   * Returns false, and takes nothing, when too much waits. In a full queue the network with the most
   * makes room: the item that came last from it is returned, and waits no longer.
   */
  push({ network, person }: HashOrigin, item: Item): boolean | Item {
    const { bounds } = this;
    const people = this.#networks.get(network) ?? new Map<string, Item[]>();
    const mine = people.get(person) ?? [];
    const inNetwork = this.#sizeOf(network);
    if (mine.length >= bounds.person || inNetwork >= bounds.network) return false;
    const evicted = this.size >= bounds.all ? this.#evictFor(inNetwork) : true;
    if (evicted === false) return false;
    mine.push(item);
    people.set(person, mine);
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

  /** Empties it. */
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

  /** The last item of the largest network, if that has more waiting than one with `size` and its next. */
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
