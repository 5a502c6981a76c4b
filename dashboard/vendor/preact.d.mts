// What the pages use of Preact, for the type checker only; browsers never ask for this folder.
export type VNode = object;
export function h(type: unknown, props: object | null, ...children: unknown[]): VNode;
export function render(node: unknown, place: Element): void;
