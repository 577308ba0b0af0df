/** Makes a class callable without `new`, like the constructor functions of k-rpc and k-rpc-socket. */

export function callable<Class extends new (...args: never[]) => object>(target: Class): Class {
  return new Proxy(target, {
    apply: (_target, _receiver, args) => Reflect.construct(target, args)
  })
}
