#include "amx.h"

#if defined(__AMX_BF16__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ablate {
namespace {

#if defined(__AMX_BF16__)
// What ldtilecfg reads.
struct alignas(64) Layout {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

Layout TheLayout() {
  Layout layout;
  for (int tile = 0; tile < 8; tile++) {
    layout.row_bytes[tile] = kAmxPlaces * sizeof(float);
    layout.rows[tile] = kAmxRows;
  }
  return layout;
}

bool Ask() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

}  // namespace

bool AmxAllowed() {
#if defined(__AMX_BF16__)
  static const bool allowed = Ask();
  return allowed;
#elif defined(ABLATE_EMULATES_AMX)
  return emulates_amx;
#else
  return false;
#endif
}

AmxScope::AmxScope() {
#if defined(__AMX_BF16__)
  static const Layout layout = TheLayout();
  asm volatile("ldtilecfg %0" ::"m"(layout));
#endif
}

AmxScope::~AmxScope() {
#if defined(__AMX_BF16__)
  asm volatile("tilerelease");
#endif
}

}  // namespace ablate
