/** Formats a number of bytes for messages: 1 kB is 1000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** Formats seconds for messages. */
export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
}

/** Formats the speed of a transfer for messages. */
export function rateText({ bytes, seconds }: { readonly bytes: number; readonly seconds: number }): string {
  return `${bytesText(Math.round(bytes / Math.max(seconds, 0.001)))}/s`
}

/** Formats a share in percent; 0 % and 100 % only for exactly none and all. */
export function percentText(part: number, all: number): string {
  if (part > 0 && part * 100 < all) return 'under 1 %'
  return `${Math.floor((part * 100) / all)} %`
}
