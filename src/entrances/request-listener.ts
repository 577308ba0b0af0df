/** The arguments of `requestListener`: `node:http`'s request and response, described so that its types are not needed. */

/** The part of `http.IncomingMessage` that tells what is asked for. */
export interface HttpRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** The part of `http.ServerResponse` that responds. */
export interface HttpResponse {
  statusCode: number
  setHeader(name: string, value: number | string | readonly string[]): unknown
  writeHead(status: number, headers?: Record<string, number | string | string[]>): unknown
  write(chunk: string | Uint8Array): boolean
  end(body?: string | Uint8Array): unknown
}

interface Responding {
  respond(request: HttpRequest, response: HttpResponse): unknown
}

/** A handler of requests. Declared as a method is, so that one for `node:http`'s own types is taken, too. */
export type RequestListener = Responding['respond']
