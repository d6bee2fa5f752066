#include "fuzz/device_targets.hpp"

#include "device/contract.hpp"
#include "device/reading.hpp"
#include "device/records.hpp"
#include "fuzz/must.hpp"
#include "protocol/signer.hpp"

#include <string>

namespace latchkey::fuzz {
namespace {

using namespace latchkey::device;
using crypto::Bytes;

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

Bytes bytes_of(std::string_view text) {
  const auto view = crypto::as_bytes(text);
  return {view.begin(), view.end()};
}

/// A record that is read is written and read again as it was.
template <class Read>
void check_record(std::string_view text, const Read& read) {
  const auto record = read(text);
  if (!record) return;
  const auto written = write_record(*record);
  const auto again = read(written);
  must(again && write_record(*again) == written, "a record that is read once only");
}

}  // namespace

void feed_records(crypto::ByteView input) {
  const std::string_view text = crypto::as_text(input);
  check_record(text, read_request_record);
  check_record(text, read_credential_record);
  check_record(text, read_config_record);
  check_record(text, read_clock_record);
  static_cast<void>(reading_interval(text));
}

std::vector<Bytes> records() {
  return {bytes_of(write_record(RequestRecord{"12345", "5f0c9a1e7b3d4c2a", true, true, 2})),
          bytes_of(write_record(CredentialRecord{.device_id = "12345",
                                                 .generation = 3,
                                                 .request_id = "5f0c9a1e7b3d4c2a",
                                                 .renew_after = 1767225600,
                                                 .username = "12345@3",
                                                 .has_encryption_key = true,
                                                 .answered_by = {},
                                                 .connections = {protocol::Connection{}}})),
          bytes_of(write_record(ConfigRecord{4, R"({"report_interval_s":60})", false, 3})),
          bytes_of(write_record(ClockRecord{1767225600}))};
}

void feed_judgement(crypto::ByteView input) {
  const std::string_view text = crypto::as_text(input);
  static const protocol::Verifier verifier{crypto::Secret(secret)};
  static const protocol::Signer signer{crypto::Secret(secret)};
  const OwnRequest own{"12345", "5f0c9a1e7b3d4c2a", false};
  const auto as_it_is = judge_answer(own, verifier, text);
  must(as_it_is.reaction != Reaction::accept, "a credential without a signature");
  // Signed, so that what is inside is read.
  const auto judged =
      judge_answer(own, verifier, protocol::sign_message(protocol::response_type, text, signer));
  must(judged.reaction == Reaction::drop || judged.answer.device_id == "12345", "an answer to somebody else");
  const OwnSession session{"12345", "0123456789abcdef", 3};
  const auto configuration =
      judge_configuration(session, verifier, protocol::sign_message(protocol::config_type, text, signer));
  must(!configuration || configuration->device_id == "12345", "a configuration for somebody else");
}

std::vector<Bytes> answers() {
  return {bytes_of(
              R"({"request_id":"5f0c9a1e7b3d4c2a","device_id":"12345","status":"accepted","tracking_id":"t",)"
              R"("server_time":1767225600,"generation":1,"credential":{"type":"x509","chain":["MAA="],)"
              R"("renew_after":1767230000},"connection":{"host":"b","port":8883,"tls":true,)"
              R"("client_id":"12345","topics":"devices/12345"},"config_version":1,"config":{"a":60}})"),
          bytes_of(R"({"request_id":"5f0c9a1e7b3d4c2a","device_id":"12345","status":"challenge",)"
                   R"("tracking_id":"t","server_time":1767225600,"nonce":"bm9uY2U"})"),
          bytes_of(R"({"device_id":"12345","session":"0123456789abcdef","state":"ready","config_version":7,)"
                   R"("config":{"a":{"b":[1,2,3]},"c":null}})")};
}

}  // namespace latchkey::fuzz
