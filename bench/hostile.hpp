#pragma once

#include "bench/fleet.hpp"

namespace latchkey::bench {

/// Makes the messages of the attacker with this number. Attackers take turns: a flood of requests of
/// `flooded`, each valid and new; a wrong signature; an id that nobody enrolled; garbage.
void make_hostile(Member& member, std::size_t number, const std::string& flooded, const Enrolled& enrolled);

}  // namespace latchkey::bench
