#include "service/access/acl_lines.hpp"

#include "support/catch.hpp"

using namespace latchkey;

TEST_CASE("rights become lines of an acl_file, for the user name that the certificate gives",
          "[broker_access]") {
  const protocol::Rights rights{{"plant/${device_id}/telemetry/#", "a/${device_id}/${device_id}"},
                                {"news/+"}};
  CHECK(service::access::acl_lines(rights) ==
        "pattern write plant/%u/telemetry/#\npattern write a/%u/%u\npattern read news/+\n");
  CHECK(service::access::acl_lines({}).empty());
}
