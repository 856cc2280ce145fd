#include "isolate/spare_instance.h"

#include "isolate/guest_isolate.h"
#include "isolate/instance.h"
#include "isolate/instance_budget.h"

namespace skiff {

SpareInstance::SpareInstance(InstanceBudget& budget) : budget_(budget) {}

SpareInstance::~SpareInstance() {
  if (isolate) {
    const v8::Locker locker(isolate->raw());
    const v8::Isolate::Scope isolateScope(isolate->raw());
    const v8::HandleScope handleScope(isolate->raw());
    instance.reset();
    module.Reset();
  }
  isolate.reset();
  budget_.release();
}

}  // namespace skiff
