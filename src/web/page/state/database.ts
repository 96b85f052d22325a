/** Name of the browser's database in which everything of the page is kept. */
export const DATABASE = "realtimechat";
