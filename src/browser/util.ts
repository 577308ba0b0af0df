/** What `k-rpc` and `k-rpc-socket` use of `node:util`. */

type Constructor = { prototype: object }

export function inherits(constructor: Constructor, parent: Constructor): void {
  Object.setPrototypeOf(constructor.prototype, parent.prototype)
}

export default { inherits }
