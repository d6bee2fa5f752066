#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace latchkey::service {

/// Processor time of the three parts for one event, in microseconds.
struct Cost {
  double service_us = 0;
  double database_us = 0;
  double broker_us = 0;

  [[nodiscard]] double all_us() const { return service_us + database_us + broker_us; }
};
[[nodiscard]] Cost operator+(const Cost& left, const Cost& right);

/// Bytes of the registry's rows, their indexes and the free space between them included.
struct RowBytes {
  double device = 0;
  double presence = 0;
  double credential = 0;
  double attempt = 0;
  double event = 0;
};

/// What `./dev bench` measured of what a fleet does.
struct Measured {
  std::string on;      ///< date, processors and system
  Cost registration;   ///< request, answer with a certificate
  Cost first_connect;  ///< first `connected` with a new credential, signed, answered with a configuration
  Cost reconnect;      ///< a further `connected`
  Cost journey;        ///< registration, first `connected`, `ready`
  double tls_us = 0;   ///< of the broker, for a TLS connection of a client with a password
  double mutual_tls_us = 0;  ///< of the broker, for one of a client with a certificate
  RowBytes row;
  double wal_bytes = 0;  ///< of a registration
};

/// Reads the figures of `./dev bench --json`. The error names the figure that is missing or no number above
/// 0.
[[nodiscard]] std::expected<Measured, std::string> read_measured(std::string_view json);

/// docs/performance.json as it was when the program was built.
[[nodiscard]] std::string_view recorded_figures();

}  // namespace latchkey::service
