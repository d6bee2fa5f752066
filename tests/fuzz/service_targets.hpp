#pragma once

#include "crypto/bytes.hpp"

#include <vector>

namespace latchkey::fuzz {

/// The query and the headers of a request to the fleet page: fields divided by line feeds.
void feed_page(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> page_requests();

/// A file of devices to enrol, CSV or NDJSON.
void feed_import(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> import_files();

/// The service's configuration.
void feed_settings(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> settings_files();

/// What the broker's plugins answer: dynamic-security and the gate.
void feed_plugin(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> plugin_answers();

/// A topic as the broker delivers it, and the templates of rights.
void feed_topics(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> topics_and_templates();

}  // namespace latchkey::fuzz
