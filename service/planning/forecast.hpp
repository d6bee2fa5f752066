#pragma once

#include "service/planning/measured.hpp"

#include <string>
#include <vector>

namespace latchkey::service {

struct Fleet {
  double devices = 0;
  double lifetime_days = 0;      ///< of a certificate
  double connections_a_day = 0;  ///< of a device
  double processors = 0;         ///< of the machine that runs all parts
  bool has_tls = true;           ///< at the broker; false: a load balancer ends it
};

/// What happens every day, evenly.
struct Daily {
  std::string event;
  double number = 0;      ///< a day
  double processors = 0;  ///< in use on average, of all parts
};

/// What all devices do at once.
struct Storm {
  std::string event;
  double shared_s = 0;    ///< all parts on the fleet's processors
  double spread_s = 0;    ///< each part on one processor of its own; Mosquitto uses no more than one
  std::string limit;      ///< the part that takes `spread_s`
  double most_per_s = 0;  ///< of such events, by one processor of that part
};

struct TableSize {
  std::string name;
  double rows = 0;
  double bytes = 0;
  double rows_a_year = 0;  ///< that renewals add
  double bytes_a_year = 0;
};

struct Forecast {
  std::vector<Daily> daily;
  std::vector<Storm> storms;
  std::vector<TableSize> registry;  ///< after the first registration of all devices
  double bytes = 0;
  double bytes_a_year = 0;     ///< before retention removes any
  double wal_bytes_a_day = 0;  ///< of renewals
};

/// The arithmetic of docs/scaling.md. A device renews after two thirds of the lifetime (docs/protocol.md 7).
[[nodiscard]] Forecast forecast(const Measured& measured, const Fleet& fleet);

}  // namespace latchkey::service
