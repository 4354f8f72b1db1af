/**
 * The parts of bits-ui that the window uses, which is what stays of it in a build. In tests its index would load all forty of them,
 * for seconds in every file; the configuration puts this in its place.
 */
export * as DropdownMenu from "../../node_modules/bits-ui/dist/bits/dropdown-menu/exports.js";
export * as Popover from "../../node_modules/bits-ui/dist/bits/popover/exports.js";
