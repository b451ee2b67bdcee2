package page

import "splitquant/ui/words"

const textProofCancelled words.Text = "The proof was cancelled. The model is still open."

func textNoProof(why string) string { return words.F("There is no proof: %s.", why) }
