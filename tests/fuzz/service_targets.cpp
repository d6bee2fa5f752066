#include "fuzz/service_targets.hpp"

#include "fuzz/must.hpp"
#include "protocol/rights.hpp"
#include "service/access/control.hpp"
#include "service/access/gate_protocol.hpp"
#include "service/config/reading.hpp"
#include "service/import/device.hpp"
#include "service/page/access.hpp"
#include "service/page/page.hpp"
#include "support/folder.hpp"

#include <algorithm>

namespace latchkey::fuzz {
namespace {

using namespace latchkey::service;
using crypto::Bytes;

std::vector<Bytes> all_of(const std::vector<std::string>& texts) {
  std::vector<Bytes> all;
  for (const std::string& text : texts)
    all.emplace_back(text.begin(), text.end());
  return all;
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// The page has one script, its own.
bool has_a_foreign_script(std::string_view body) {
  constexpr std::string_view tag = "<script";
  return body.find(tag) != body.rfind(tag);
}

const MasterKey& master() {
  static const MasterKey key{crypto::Secret(std::string_view("a master key that is of 32 bytes"))};
  return key;
}

}  // namespace

void feed_page(crypto::ByteView input) {
  std::string_view rest = crypto::as_text(input);
  HttpRequest request{"GET", "/", {}, std::string(take_line(rest)), std::string(take_line(rest)), {}};
  static const PageAccess by_token({"127.0.0.1", 1}, crypto::Secret(std::string_view("a token of the page")));
  static const PageAccess by_host({"127.0.0.1", 1}, std::nullopt);
  static_cast<void>(by_token.refusal(request));
  static_cast<void>(by_host.refusal(request));
  constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'700'000'000)};
  const auto page = device_page(std::string(rest), std::nullopt, now);
  must(!has_a_foreign_script(page.body), "the text of a request became markup");
  const FleetView view{std::nullopt, std::unexpected(std::string(rest)), now};
  must(!has_a_foreign_script(fleet_page(view).body), "the text of an error became markup");
}

std::vector<Bytes> page_requests() {
  return all_of({"localhost:9464\nBasic dXNlcjphIHRva2VuIG9mIHRoZSBwYWdl\nmeter-1",
                 "127.0.0.1\nBearer a token of the page\n\"><script>alert(1)</script>", "[::1]:1\n\n%00"});
}

void feed_import(crypto::ByteView input) {
  std::string_view text = crypto::as_text(input);
  // In pieces: a line may be cut anywhere.
  RecordReader reader([&](std::span<char> into) {
    const std::size_t size = std::min({into.size(), text.size(), std::size_t{61}});
    std::copy_n(text.begin(), size, into.begin());
    text.remove_prefix(size);
    return size;
  });
  ImportRecord record;
  std::int64_t line = 0;
  while (reader.next(record)) {
    must(record.line > line, "records come in the order of their lines");
    line = record.line;
    if (!record.problem.empty()) continue;
    const auto device = imported_device(record, {"meters", &master()});
    must(device || !device.error().empty(), "a device that is refused without a word");
  }
}

std::vector<Bytes> import_files() {
  return all_of(
      {"device_id,group,token,config\r\nmeter-1,meters,a-token-of-24-characters,\"{\"\"a\"\":1}\"\r\n",
       "\xEF\xBB\xBF"
       "device_id,key\nmeter-2,MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n\nm,\"a\nb\"\n",
       R"({"device_id":"meter-3","token":"a-token-of-24-characters","config":{"a":[1,null]}})"
       "\n{}\n"});
}

void feed_settings(crypto::ByteView input) {
  static const test::Folder folder;
  const std::string file = folder.write("latchkey.toml", crypto::as_text(input));
  const auto settings = read_settings(file, {}, {});
  if (!settings) must(!settings.error().empty(), "a configuration that is refused without a word");
  // One that is not whole is shown, too.
  Settings part(file, {});
  read_into(part, {{"LATCHKEY_LOG_LEVEL", "debug"}});
  static_cast<void>(show(part));
}

std::vector<Bytes> settings_files() {
  return all_of(
      {"[database]\nurl = \"postgresql://latchkey@db/latchkey\"\nworkers = 2\n[mqtt]\n"
       "url = \"mqtts://broker.example:8884\"\nusername = \"@service\"\nversion = \"5\"\n"
       "[connection]\nhost = \"broker.example\"\ntls = true\n",
       "[log]\nlevel = \"info\"\n[http]\nlisten = \"[::1]:9464\"\n[nonsense]\nkey = 1\n",
       "[broker_access]\nmode = \"gate\"\n[crl]\nfile = \"a\"\nlifetime_h = 24\n"});
}

void feed_plugin(crypto::ByteView input) {
  const std::string_view payload = crypto::as_text(input);
  static_cast<void>(access::read_replies("abc", payload));
  const auto answer = access::read_answer("abc", payload);
  must(!answer || payload.starts_with("latchkey 1 abc"), "an answer to somebody else");
}

std::vector<Bytes> plugin_answers() {
  return all_of(
      {R"({"responses":[{"command":"createClient","correlationData":"abc:0"},{"command":"listClients",)"
       R"("correlationData":"abc:1","data":{"totalCount":1,"clients":[{"username":"m@1","textname":"x",)"
       R"("disabled":true,"groups":[],"roles":[{"rolename":"m"}]}]}}]})",
       R"({"responses":[{"command":"deleteClient","correlationData":"abc:0","error":"Client not found"}]})",
       "latchkey 1 abc\nopen 4 1f 10 2 0 1 journal\ndone 0 3\n",
       "latchkey 1 abc\nclosed 0 0 0 0 0 1 -\nrefused 7\n"});
}

void feed_topics(crypto::ByteView input) {
  static const protocol::Topics topics;
  const std::string_view text = crypto::as_text(input);
  if (const auto address = topics.parse(text))
    must(topics.of(address->channel, address->device_id) == text, "a topic is written as it was read");
  const auto rights = protocol::parse_templates(text, topics);
  if (!rights) {
    must(!rights.error().empty(), "templates that are refused without a word");
    return;
  }
  const auto device = protocol::DeviceId::parse("12345").value();
  for (const auto& filters :
       {protocol::filled(*rights, device).publish, protocol::filled(*rights, device).subscribe})
    for (const std::string& filter : filters)
      must(!topics.parse(filter), "a right to a topic of the protocol");
}

std::vector<Bytes> topics_and_templates() {
  return all_of({"provisioning/v1/12345/request", "devices/12345/status", "devices/12345/config",
                 R"({"publish":["plant/${device_id}/telemetry/#"],"subscribe":["plant/+/commands","a/b"]})",
                 R"({"publish":["devices/#"]})"});
}

}  // namespace latchkey::fuzz
