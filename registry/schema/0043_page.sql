-- The code pass makes it anew, with the labels.
DROP FUNCTION IF EXISTS page_device_2(jsonb);
