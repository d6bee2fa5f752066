CREATE OR REPLACE TRIGGER keep_config AFTER INSERT OR UPDATE OF config, endpoint
  ON enrollment_group FOR EACH ROW EXECUTE FUNCTION keep_config();
