/** The part of `node:util` that `k-rpc` and `k-rpc-socket` use. */

type Constructor = { prototype: object }

export function inherits(child: Constructor, parent: Constructor): void {
  Object.setPrototypeOf(child.prototype, parent.prototype)
}

export default { inherits }
