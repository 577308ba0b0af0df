/** `inherits`. */

export { inherits as default } from './util.js'
