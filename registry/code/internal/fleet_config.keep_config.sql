CREATE OR REPLACE TRIGGER keep_config AFTER UPDATE OF config, endpoint ON fleet_config
  FOR EACH ROW EXECUTE FUNCTION keep_config();
