/**
 * The part of WebAssembly's JavaScript API that the kernels use; Node has it, but its types come with the browser's only.
 * Source: W3C, WebAssembly JavaScript Interface.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    private readonly module: never;
  }
  /** Pages are of 64 KiB. */
  class Memory {
    constructor(limits: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
