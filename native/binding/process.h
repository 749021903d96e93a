#ifndef ABLATE_BINDING_PROCESS_H_
#define ABLATE_BINDING_PROCESS_H_

#include <node_api.h>

namespace ablate {

// What a process needs that trains one run after another.
//   writeOutputTo(file): stdout and stderr, whoever writes to them, go to the end of that file from now on
//   returnMemory(): what is free goes back to the system, so that the next run is measured from where a first one is;
//     nothing where the C library is not glibc
void DefineProcessCalls(napi_env env, napi_value exports);

}  // namespace ablate

#endif  // ABLATE_BINDING_PROCESS_H_
