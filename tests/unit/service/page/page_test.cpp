#include "service/page/page.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "service/page/access.hpp"
#include "service/page/markup.hpp"
#include "support/catch.hpp"

#include <set>

using namespace latchkey;
using namespace latchkey::service;
using registry::Clock;

namespace {

constexpr auto hostile = R"("><script>alert(1)</script><img src=x onerror='alert(2)'>&lt;)";
const std::chrono::sys_seconds now{std::chrono::seconds(1'700'000'000)};

registry::Overview hostile_overview() {
  registry::Overview overview;
  const Clock at = now - std::chrono::minutes(5);
  const std::string attributes =
      R"({"model":"\"><script>alert(1)</script>","note":"</style><svg onload=alert(3)>","n":7,"on":true})";
  overview.rejections = {{at, "12345", hostile, hostile, hostile, hostile}};
  overview.pending = {{at, "12345", hostile, attributes}};
  overview.pending_total = 1000;
  overview.clones = {{at, "12345", hostile, hostile, attributes}};
  overview.stuck = {{at, "12345", hostile, hostile, hostile}};
  overview.replicas = {{hostile, 2}, {"", 1}};
  overview.expiring = {{now + std::chrono::days(3), "12345", 2, hostile, hostile, true}};
  return overview;
}

FleetView view_of(std::expected<registry::Overview, std::string> overview) {
  FleetCounts counts{
      {{"ready", 1234567}, {hostile, 1}}, {{"2026-01-31", 10, 9, 8, 7, {}}}, now - std::chrono::seconds(12)};
  return {counts, std::move(overview), now};
}

registry::DeviceHistory hostile_history() {
  registry::ShownDevice device;
  device.state = "connected";
  device.group = hostile;
  device.attributes = R"({"model":"</bdi><script>alert(1)</script>"})";
  device.reported = R"({"site":"</bdi><script>alert(1)</script>"})";
  device.failed_at = device.acted_at = now;
  device.failure = device.actor = device.reason = hostile;
  return {device,
          {{now, "request", hostile, hostile, hostile, hostile},
           {now, "act", hostile, hostile, hostile, hostile}},
          {{2, hostile, hostile, now, hostile}},
          {{now, "stuck", hostile, hostile}}};
}

registry::DeviceList hostile_list() {
  return {{{.device_id = "12345",
            .state = hostile,
            .online = true,
            .group = hostile,
            .last_seen_at = now,
            .labels = R"({"model":"</bdi><script>alert(1)</script>"})"}},
          true};
}

HttpRequest asking_for(std::map<std::string, std::string, std::less<>> query) {
  return {.method = "GET", .path = "/", .query = std::move(query), .host = "localhost", .authorization = {}};
}

/// The names of all tags in it.
std::set<std::string> tags_in(const std::string& html) {
  std::set<std::string> tags;
  for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const auto from = at + (html.at(at + 1) == '/' ? 2 : 1);
    tags.insert(html.substr(from, html.find_first_of(" >/", from) - from));
  }
  return tags;
}

HttpRequest asking(std::string host, std::string authorization = {}) {
  return {.method = "GET",
          .path = "/",
          .query = {},
          .host = std::move(host),
          .authorization = std::move(authorization)};
}

std::string basic(std::string_view pair) {
  return "Basic " + crypto::base64_encode(crypto::as_bytes(pair));
}

constexpr auto token = "0123456789abcdef";
const ListenAddress loopback{"127.0.0.1", 9464};
const ListenAddress outside{"192.0.2.1", 9464};

unsigned status(const PageAccess& access, const HttpRequest& request) {
  const auto refusal = access.refusal(request);
  return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("text is no markup, and looks like what it is", "[page]") {
  CHECK(Markup().text("<a href=\"x\">'&").html() == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  // An override of the direction, an isolate, a zero-width space, a C1 control, a line feed, NUL.
  CHECK(Markup().text(std::string("a\u202Eb\u2067c\u200Bd\u0085e\nf\0g", 20)).html() ==
        "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFDg");
  CHECK(Markup().text("Grüße \u4F60 \U0001F600").html() == "Grüße \u4F60 \U0001F600");
  CHECK(Markup().text("cut short: \xE2\x80").html() == "cut short: \xE2\x80");
}

TEST_CASE("numbers are grouped", "[page]") {
  CHECK(Markup().count(0).html() == "0");
  CHECK(Markup().count(999).html() == "999");
  CHECK(Markup().count(1000).html() == "1,000");
  CHECK(Markup().count(-1234567).html() == "-1,234,567");
}

TEST_CASE("nothing that a device sent becomes markup", "[page]") {
  for (const auto& body :
       {fleet_page(view_of(hostile_overview())).body, fleet_page(view_of(std::unexpected(hostile))).body,
        device_page("12345", hostile_history(), now).body, device_page(hostile, std::nullopt, now).body,
        devices_page(
            {.state = hostile, .group = hostile, .label = hostile, .id = hostile, .online = {}, .after = {}},
            hostile_list(), now)
            .body}) {
    const auto tags = tags_in(body);
    for (const char* const bad : {"img", "iframe", "object"})
      CHECK(tags.count(bad) == 0);
    CHECK(body.find("<script") == body.rfind("<script"));  // its own
    CHECK(body.find("onerror='") == std::string::npos);
    CHECK(body.find("\"><script") == std::string::npos);
    CHECK(body.find("<svg onload") == std::string::npos);
    CHECK(body.find("&lt;script&gt;") != std::string::npos);
  }
}

TEST_CASE("the policy of the page names its own style sheet and script and nothing else", "[page]") {
  const auto page = fleet_page(view_of(registry::Overview{}));
  std::string policy;
  for (const auto& [name, value] : page.headers)
    if (name == "Content-Security-Policy") policy = value;
  CHECK(policy.starts_with("default-src 'none';"));
  for (const std::string tag : {"style", "script"}) {
    const auto from = page.body.find("<" + tag + ">") + tag.size() + 2;
    const auto text = page.body.substr(from, page.body.find("</" + tag + ">") - from);
    CHECK(policy.contains("; " + tag + "-src 'sha256-" +
                          crypto::base64_encode(crypto::sha256(crypto::as_bytes(text))) + "';"));
  }
  CHECK(policy.contains("; connect-src 'self';"));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(page.body.find(" style=") == std::string::npos);
}

TEST_CASE("an empty fleet says so, and one that cannot be asked as well", "[page]") {
  const auto empty = fleet_page({FleetCounts{{}, {}, now}, registry::Overview{}, now});
  CHECK(empty.status == 200);
  for (const char* const sentence : {"No device is stuck.", "No replica listens", "No device waits.",
                                     "No first request", "No request was rejected", "renewed in time"})
    CHECK(empty.body.find(sentence) != std::string::npos);
  const auto away = fleet_page({std::nullopt, std::unexpected("no route to host"), now});
  CHECK(away.status == 503);
  CHECK(away.body.find("no route to host") != std::string::npos);
}

TEST_CASE("what was counted is shown, and that there is more than fits", "[page]") {
  const auto page = fleet_page(view_of(hostile_overview()));
  CHECK(page.body.find("1,234,567") != std::string::npos);
  CHECK(page.body.find("1,000 or more") != std::string::npos);
  CHECK(page.body.find("Jan 31: 10 requested, 9 registered, 8 connected, 7 ready") != std::string::npos);
  CHECK(page.body.find("5 min ago") != std::string::npos);
  CHECK(page.body.find("in 3 days") != std::string::npos);
}

TEST_CASE("the replicas are shown by their version", "[page]") {
  registry::Overview overview;
  overview.replicas = {{"1.2.3", 2}, {"", 1}};
  CHECK(fleet_page(view_of(overview))
            .body.contains("2 replicas of version 1.2.3, 1 replica of an earlier version at the broker."));
}

TEST_CASE("a number of the overview leads to its devices", "[page]") {
  const auto page = fleet_page(view_of(registry::Overview{}));
  CHECK(page.body.contains(R"(<a href="/?view=devices&amp;state=ready">1,234,567</a>)"));
  CHECK(page.body.contains(R"(<a href="/?view=devices&amp;online=yes">0 online</a>)"));
}

TEST_CASE("the list keeps its filters on the next page and in its form", "[page]") {
  CHECK_FALSE(device_filter(asking_for({{"device", "12345"}})));
  const auto filter = device_filter(asking_for(
      {{"view", "devices"}, {"state", "ready"}, {"online", "no"}, {"label", "site=hall 3&x"}, {"id", "a"}}));
  REQUIRE(filter);
  CHECK(filter->online == false);
  CHECK(filter->group.empty());
  const auto body = devices_page(*filter, hostile_list(), now).body;
  CHECK(
      body.contains("/?view=devices&amp;state=ready&amp;online=no&amp;label=site%3Dhall%203%26x&amp;id=a"
                    "&amp;after=12345\" rel=\"next\""));
  CHECK(body.contains(R"(<option value="ready" selected>)"));
  CHECK(body.contains(R"(value="site=hall 3&amp;x")"));
  CHECK_FALSE(devices_page(*filter, registry::DeviceList{}, now).body.contains("rel=\"next\""));
  registry::DeviceFilter no_label;
  no_label.label = "site";
  CHECK(devices_page(no_label, hostile_list(), now).body.contains("A label is NAME=VALUE"));
  CHECK(devices_page(*filter, std::unexpected("away"), now).status == 503);
}

TEST_CASE("an id that is none, or nobody's, is not found", "[page]") {
  CHECK(device_page("a b", std::nullopt, now).status == 404);
  CHECK(device_page("12345", registry::DeviceHistory{}, now).status == 404);
  CHECK(device_page("12345", hostile_history(), now).status == 200);
  CHECK(device_page("12345", std::unexpected("away"), now).status == 503);
}

TEST_CASE("on loopback the page is there for this machine's own names only", "[page]") {
  const PageAccess access(loopback, std::nullopt);
  for (const char* const host :
       {"localhost", "localhost:9464", "127.0.0.1:9464", "127.0.0.1", "[::1]:80", "[::1]"})
    CHECK(status(access, asking(host)) == 200);
  for (const char* const host : {"", "evil.example", "evil.example:9464", "localhost.evil.example",
                                 "127.0.0.1.evil.example:9464", "192.0.2.1", "[::2]", "[", "127.evil"})
    CHECK(status(access, asking(host)) == 403);
}

TEST_CASE("beyond this machine there is no page without a token", "[page]") {
  CHECK(status(PageAccess(outside, std::nullopt), asking("localhost")) == 403);
  CHECK(status(PageAccess({"0.0.0.0", 1}, std::nullopt), asking("localhost")) == 403);
}

TEST_CASE("with a token, who shows it sees the page, by any name", "[page]") {
  for (const auto& address : {loopback, outside}) {
    const PageAccess access(address, crypto::Secret(std::string_view(token)));
    for (const std::string& shown : {"Bearer " + std::string(token), "bearer " + std::string(token),
                                     basic("me:" + std::string(token)), basic(":" + std::string(token))})
      CHECK(status(access, asking("fleet.example", shown)) == 200);
    for (const std::string& shown :
         {std::string(), std::string("Bearer"), std::string("Bearer "), "Bearer " + std::string(token) + "x",
          "Digest " + std::string(token), std::string(token), basic(token), basic(std::string(token) + ":"),
          std::string("Basic !!!"), std::string("Basic ")})
      CHECK(status(access, asking("localhost", shown)) == 401);
  }
}
