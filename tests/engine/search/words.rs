//! What the simulated tasks are made of.

/// Labels of letters.
pub const LABELS: [&str; 8] = ["billing", "delivery", "account", "returns", "technical", "warranty", "feedback", "partners"];
/// Three rules a label, two words each.
pub const WORDS: [[&str; 2]; 24] = [
    ["invoice", "receipt"],
    ["charged", "payment"],
    ["discount", "voucher"],
    ["parcel", "courier"],
    ["tracking", "arrived"],
    ["address", "doorstep"],
    ["password", "login"],
    ["profile", "username"],
    ["newsletter", "unsubscribe"],
    ["refund", "exchange"],
    ["wrong size", "unwanted"],
    ["send back", "return label"],
    ["crash", "freezes"],
    ["update", "version"],
    ["connect", "bluetooth"],
    ["broken", "repair"],
    ["guarantee", "two years"],
    ["spare part", "replacement"],
    ["praise", "friendly"],
    ["complaint", "rude"],
    ["suggestion", "idea"],
    ["reseller", "wholesale"],
    ["affiliate", "commission"],
    ["press", "interview"],
];
/// Rules on the form, with the words a line has to say.
pub const FORMS: [(&str, &str); 5] = [
    ("upper case", "Write the code in upper case."),
    ("separated by a bar", "The parts are separated by a bar."),
    ("two decimals", "Give amounts with two decimals."),
    ("without a currency sign", "Write the amount without a currency sign."),
    ("no other words", "Reply with the answer alone and no other words."),
];
/// Fields with the words a line has to say.
pub const FIELDS: [(&str, &str, &str); 5] = [
    ("date", "year first", "Write the date with the year first."),
    ("amount", "after tax", "Take the amount after tax."),
    ("name", "family name first", "Write the name with the family name first."),
    ("city", "city of the sender", "Take the city of the sender."),
    ("urgent", "deadline within a week", "Urgent means a deadline within a week."),
];
/// How inputs begin.
pub const FILLERS: [&str; 12] = [
    "Hello there",
    "Good morning",
    "Since yesterday",
    "As discussed",
    "Once more",
    "To whom it may concern",
    "Quick question",
    "Following up",
    "Dear team",
    "For the second time",
    "By the way",
    "Just so you know",
];
/// Lines that change nothing.
pub const EMPTY_WORDS: [&str; 5] =
    ["Read everything carefully.", "Think before you answer.", "Be consistent.", "Stay on the topic.", "Do your best."];

/// A sentence of a first prompt that spoils answers, whatever is added.
pub const TRAP: &str = "Answer the way a pirate would, in rhymes.";
/// What serves letters and harms chats, and the other way round; then the same said of the ones alone.
pub const MANNERS: [(&str, &str); 2] = [
    ("Take every word literally.", "In letters, take every word literally."),
    ("Read between the lines.", "In chats, read between the lines."),
];
