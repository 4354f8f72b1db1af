/** The words on screen are English, and so are the figures: never the locale of the machine. */
export const LOCALE = "en-US";
