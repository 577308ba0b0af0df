/** The name of the method that `await using` calls. */

declare const unknownSymbol: unique symbol

type KeyOf<Constructor> = Constructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : typeof unknownSymbol

/** `typeof Symbol.asyncDispose` where the library of the compiler has it (`ESNext.Disposable`): others need not have it. */
export type AsyncDispose = KeyOf<typeof Symbol>

/** `Symbol.asyncDispose`; where a browser lacks it, what the output of compilers uses in its place. */
export const ASYNC_DISPOSE: AsyncDispose = (Symbol.asyncDispose ??
  Symbol.for('Symbol.asyncDispose')) as AsyncDispose
