#include "fuzz/targets.hpp"

#include "fuzz/crypto_targets.hpp"
#include "fuzz/device_c_targets.hpp"
#include "fuzz/device_targets.hpp"
#include "fuzz/gate_targets.hpp"
#include "fuzz/protocol_targets.hpp"
#include "fuzz/service_targets.hpp"

#include <array>

namespace latchkey::fuzz {

std::span<const Target> targets() {
  static constexpr std::array<Target, 19> all{{
      {"issued", feed_issued, issued_seeds},
      {"csr", feed_request_for_certificate, requests_for_certificates},
      {"certificate", feed_certificate, certificates},
      {"request", feed_request, requests},
      {"jws", feed_jws, signed_messages},
      {"jwe", feed_jwe, sealed_secrets},
      {"message", feed_message, messages},
      {"gate_control", feed_gate_control, gate_control_messages},
      {"gate_journal", feed_gate_journal, gate_journals},
      {"page", feed_page, page_requests},
      {"import", feed_import, import_files},
      {"settings", feed_settings, settings_files},
      {"plugin", feed_plugin, plugin_answers},
      {"topics", feed_topics, topics_and_templates},
      {"device_records", feed_records, records},
      {"device_answers", feed_judgement, answers},
      {"c_json", feed_c_json, json_texts},
      {"c_certificate", feed_c_certificate, signer_certificates},
      {"c_machine", feed_c_machine, courses},
  }};
  return all;
}

}  // namespace latchkey::fuzz
