/** What the codes of errors mean, in the words of somebody who has not read the documentation. */

const EXPLANATIONS: Record<string, string> = {
  ENOTFOUND: 'Nobody with this id answers.',
  EREFUSED: 'The other side said no.',
  EFULL: 'There is no room for another one now. Try again in a while.',
  ETIMEDOUT: 'Nobody answered in time.',
  ECONNFAILED: 'The connection did not open.',
  ECANNOTMEET: 'The networks of both sides let no connection through.',
  ENOTPROVEN: 'Somebody else answered under this id.',
  ENOWEBRTC: 'There is no WebRTC here, so nobody can be connected to.',
  ENONODES: 'Nobody is there to be asked now.',
  ECLOSED: 'This node has been closed. Load the page anew.',
  EUNREACHABLE: 'The node that served this page does not answer.',
  EDNS: 'The name of the node that served this page has no address.',
  ETLS: 'The certificate of the node that served this page is not valid.',
  ENOTANODE: 'What served this page is no node.',
  301: 'Somebody has changed it meanwhile. Try again.',
  302: 'A newer version is kept already. Try again.'
}

/** `undefined` if it has no code, or one that only a mistake of the program has. */
export function explainCode(error: unknown): string | undefined {
  return EXPLANATIONS[String((error as { code?: unknown } | null)?.code)]
}
