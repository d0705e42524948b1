-- Rows of two to eight kilobytes stay where they are. Each would be cut into pieces in a table of its own, with an index to find
-- them by: a quarter of what is written for an alert.
ALTER TABLE entry SET (toast_tuple_target = 8160);
ALTER TABLE listed SET (toast_tuple_target = 8160);
ALTER TABLE payload SET (toast_tuple_target = 8160);
