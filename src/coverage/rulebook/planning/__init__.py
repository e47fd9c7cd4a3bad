"""From a typed edition to the plan that is run: tables laid out dense, taxes looked up, everything counted ahead."""
