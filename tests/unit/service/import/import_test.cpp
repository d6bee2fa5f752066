#include "crypto/encoding.hpp"
#include "crypto/key.hpp"
#include "crypto/mac.hpp"
#include "service/import/device.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using service::Column;
using service::ImportRecord;

namespace {

/// Each record in one line: where it begins, and what it has or what is wrong with it. `piece`: how much the
/// reader gets at a time.
std::vector<std::string> read_all(std::string_view text, std::size_t piece = 1 << 16) {
  service::RecordReader reader([&](std::span<char> into) {
    const std::size_t size = std::min({into.size(), text.size(), piece});
    std::copy_n(text.begin(), size, into.begin());
    text.remove_prefix(size);
    return size;
  });
  std::vector<std::string> all;
  ImportRecord record;
  while (reader.next(record)) {
    std::string shown = std::to_string(record.line) + ":";
    for (std::size_t i = 0; i < record.values.size() && record.problem.empty(); ++i)
      if (!record.values[i].empty())
        shown += " " + std::string(service::column_names[i]) + "=" + record.values[i];
    all.push_back(record.problem.empty() ? shown : shown + " " + record.problem);
  }
  return all;
}

using Lines = std::vector<std::string>;

service::MasterKey master_key() {
  return service::MasterKey(crypto::Secret(crypto::ByteView(crypto::Bytes(32, 0x5a))));
}

/// What becomes of a device with these columns: its proof, or what is wrong.
std::string outcome(const std::vector<std::pair<Column, std::string>>& columns,
                    const std::string& group = "") {
  ImportRecord record;
  record[Column::device_id] = "meter-1";
  for (const auto& [column, value] : columns)
    record[column] = value;
  const auto key = master_key();
  const auto device = service::imported_device(record, {group, &key});
  return device ? device->proof : device.error();
}

const std::string good_key = crypto::base64_encode(crypto::Bytes(32, 7));

}  // namespace

TEST_CASE("CSV is read by the names in its header, in whatever pieces it comes", "[import]") {
  const std::string text =
      "\xEF\xBB\xBF"
      "config,device_id\r\n\"{\"\"a\"\":\n1}\",m-1\r\n\r\n,m-2";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    INFO(piece);
    CHECK(read_all(text, piece) == Lines{"2: device_id=m-1 config={\"a\":\n1}", "5: device_id=m-2"});
  }
}

TEST_CASE("NDJSON is known by its first character", "[import]") {
  CHECK(read_all(R"({"device_id":"m-1","config":{"a":[1]},"key":null})"
                 "\n\n"
                 R"({"token":"0123456789abcdef","device_id":"m-2"})"
                 "\n") ==
        Lines{"1: device_id=m-1 config={\"a\":[1]}", "3: device_id=m-2 token=0123456789abcdef"});
}

TEST_CASE("a line that is no device is a problem of that line, and the next one is read", "[import]") {
  CHECK(read_all("device_id,group\na\nb,c,d\n\"e\"x,f\ng\"h,i\nj,k\n") ==
        Lines{"2: the line has fewer fields than the header has columns",
              "3: the line has more fields than the header has columns", "4: a quote is in the wrong place",
              "5: a quote is not closed"});
  CHECK(read_all(
            "{\"device_id\":1}\nnot json\n{\"device_id\":\"a\",\"device_id\":\"b\"}\n{\"colour\":\"red\"}\n"
            "{\"config\":\"{}\"}\n[]\n{\"device_id\":\"a\"}") ==
        Lines{"1: device_id: not a string", "2: the line is not a JSON object",
              "3: the line has a member twice", "4: unknown member \"colour\"", "5: config: not an object",
              "6: the line is not a JSON object", "7: device_id=a"});
}

TEST_CASE("a header that cannot be read is the one problem of its file", "[import]") {
  CHECK(read_all("device,group\na,b\n") == Lines{"1: column 1 of the header (\"device\") is unknown; the "
                                                 "columns are device_id, group, key, token, public_key, "
                                                 "certificate_sha256, config; did you mean device_id?"});
  CHECK_FALSE(read_all("meter-1,0123456789abcdef0123456789abcdef\n")[0].contains("0123456789abcdef"));
  CHECK_FALSE(read_all("0123456789abcdef,meter-1\n")[0].contains("0123456789abcdef"));
  CHECK(read_all("group,key\na,b\n") == Lines{"1: the header has no column device_id"});
  CHECK(read_all("device_id,key,key\na,b\n") == Lines{"1: the header names the column key twice"});
  CHECK(read_all("").empty());
}

TEST_CASE("lines without end and nesting without end are bounded", "[import]") {
  const std::string endless =
      "{\"device_id\":\"" + std::string(1 << 20, 'x') + "\"}\n{\"device_id\":\"a\"}\n";
  CHECK(read_all(endless) == Lines{"1: the line is longer than 32 KiB", "2: device_id=a"});
  CHECK(read_all("{\"config\":" + std::string(20000, '[')) == Lines{"1: the line is not a JSON object"});
  CHECK(read_all("{\"config\":{\"a\":" + std::string(9, '[') + std::string(9, ']') + "}}") ==
        Lines{"1: the line is nested too deeply"});
}

TEST_CASE("what a device proves itself by decides its proof", "[import]") {
  const auto key = crypto::PrivateKey::generate_p256().public_key();
  CHECK(outcome({{Column::key, good_key}}) == "symmetric_key");
  CHECK(outcome({{Column::token, "0123456789abcdef"}}) == "token");
  CHECK(outcome({{Column::public_key, crypto::base64_encode(key.spki())}}) == "public_key");
  CHECK(outcome({{Column::certificate_sha256, std::string(32, 'A') + std::string(32, '0')}}) == "x509");
  CHECK(outcome({{Column::group, "meters"}}) == "group");
  CHECK(outcome({}, "meters") == "group");
}

TEST_CASE("what no device can prove itself by is refused, by the name of its column", "[import]") {
  CHECK(outcome({}) == "neither a proof (key, token, public_key, certificate_sha256) nor a group");
  CHECK(outcome({{Column::key, good_key}, {Column::token, "0123456789abcdef"}}) ==
        "more than one of key, token, public_key and certificate_sha256");
  CHECK(outcome({{Column::key, "not-base64!"}}) ==
        "key: it is neither base64 nor base64url; it must be base64 of 32 to 64 bytes");
  CHECK(outcome({{Column::key, crypto::base64_encode(crypto::Bytes(31))}}) ==
        "key: it is base64 of 31 bytes; it must be base64 of 32 to 64 bytes");
  CHECK(outcome({{Column::token, "short"}}) == "token: it has 5 characters, it must have 16 to 256");
  CHECK(outcome({{Column::public_key, good_key}}).starts_with("public_key: "));
  CHECK(outcome({{Column::certificate_sha256, "00"}}) == "certificate_sha256: not 64 hexadecimal digits");
  CHECK(outcome({{Column::device_id, "a/b"}, {Column::key, good_key}}) ==
        "device_id: it has /: letters, digits and . _ : - only");
  CHECK(outcome({{Column::group, "a b"}}) == "group: it has a space: letters, digits and . _ : - only");
  CHECK(outcome({{Column::key, good_key}, {Column::config, "[]"}}).starts_with("config"));
}

TEST_CASE(
    "an imported key opens for its device, a token is kept as its hash, and without a master key there are "
    "no keys",
    "[import]") {
  ImportRecord record;
  record[Column::device_id] = "meter-1";
  record[Column::key] = good_key;
  const auto key = master_key();
  const auto device = service::imported_device(record, {"", &key});
  REQUIRE(device);
  const auto opened = key.open("device:meter-1", device->material);
  REQUIRE(opened);
  CHECK(crypto::Bytes(opened->view().begin(), opened->view().end()) == crypto::Bytes(32, 7));
  CHECK(service::imported_device(record, {"", nullptr}).error() ==
        "key: the master key, under which it is sealed, cannot be read");

  record[Column::key] = "";
  record[Column::token] = "0123456789abcdef";
  const auto hash = crypto::sha256(crypto::as_bytes(record[Column::token]));
  CHECK(service::imported_device(record, {"", nullptr})->material == crypto::Bytes(hash.begin(), hash.end()));
}
