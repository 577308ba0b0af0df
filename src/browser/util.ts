/** What `k-rpc` and `k-rpc-socket` use of `node:util`. */

type Constructor = { prototype: object }

export function inherits(child: Constructor, parent: Constructor): void {
  Object.setPrototypeOf(child.prototype, parent.prototype)
}

export default { inherits }
