-- The texts of large imports packed for searching, in place of an index of what stands in which row: any search passes over all of them
-- in less time than most took with the index, and packing takes a twentieth of the time that the index took. The tables of the index,
-- example_text_ID, go when the database is opened.

DROP TABLE search_index;

CREATE TABLE packed_text (
  dataset_id  INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, -- the import
  first_place INTEGER NOT NULL,  -- among the rows of the import, from 0
  row_count   INTEGER NOT NULL,
  texts       BLOB NOT NULL,     -- a zero byte, then every cell with one behind it: input, ground truth, the others; row after row
  PRIMARY KEY (dataset_id, first_place)
) STRICT;
