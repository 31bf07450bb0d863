/**
 * A tiny geolocation file in the MMDB format (maxmind.github.io/MaxMind-DB): a binary tree over addresses with records of 24
 * bits, 16 zero bytes, the records as maps, and the metadata. IPv4 addresses lie below ::/96, as real files have them.
 */
export interface MmdbEntry {
  /** Bits of the prefix from the top of an IPv6 address, or of IPv4 below ::/96: '0' and '1'. */
  readonly bits: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** The bits of an IPv4 network in a file. */
export function ipv4Bits(network: string, length: number): string {
  const bits = network.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return '0'.repeat(96) + bits.join('').slice(0, length);
}

interface Branch {
  readonly children: [Branch | Leaf | null, Branch | Leaf | null];
}
interface Leaf {
  readonly offset: number;
}

const SEPARATOR_BYTES = 16;

export function mmdbFile(entries: readonly MmdbEntry[]): Buffer {
  const records: Buffer[] = [];
  const root: Branch = { children: [null, null] };
  let offset = 0;
  for (const { bits, record } of entries) {
    const encoded = encode(record);
    place(root, bits, { offset });
    records.push(encoded);
    offset += encoded.length;
  }
  const nodes = numbered(root);
  const pointer = (child: Branch | Leaf | null): number => {
    if (child === null) return nodes.length;
    return 'offset' in child ? nodes.length + SEPARATOR_BYTES + child.offset : nodes.indexOf(child);
  };
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach(({ children }, i) =>
    children.forEach((child, side) => tree.writeUIntBE(pointer(child), i * 6 + side * 3, 3)),
  );
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: 'Test-Country',
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
  });
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...records, marker, metadata]);
}

function place(root: Branch, bits: string, leaf: Leaf): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const child = node.children[Number(bit)] ?? { children: [null, null] };
    node.children[Number(bit)] = child;
    node = child as Branch;
  }
  node.children[Number(bits.at(-1))] = leaf;
}

function numbered(node: Branch): Branch[] {
  const below = node.children.flatMap((child) =>
    child !== null && 'children' in child ? numbered(child) : [],
  );
  return [node, ...below];
}

const TEXT = 2;
const UNSIGNED = 6;
const MAP = 7;

function encode(value: unknown): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([(TEXT << 5) | value.length]), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([Buffer.from([(UNSIGNED << 5) | 4]), bytes]);
  }
  const pairs = Object.entries(value as Record<string, unknown>);
  return Buffer.concat([Buffer.from([(MAP << 5) | pairs.length]), ...pairs.flat().map(encode)]);
}
