let put = "";

/** How many are unread, before the page's own title, whatever the page makes of that meanwhile. */
export function showInTitle(count: number): void {
  const own = put && document.title.startsWith(put) ? document.title.slice(put.length) : document.title;
  put = count ? `(${count}) ` : "";
  if (document.title !== put + own) document.title = put + own;
}
