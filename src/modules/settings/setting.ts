/**
 * What a text for one of Go's settings means: the value as the go command takes it, or what is wrong with it.
 * The fault is a sentence part that follows "is …, but "; it shows no secret.
 */
export type Setting = { readonly value: string } | { readonly fault: string }
